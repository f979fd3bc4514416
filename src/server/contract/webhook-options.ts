/** Option `webhook` of `createVoiceServer`. */

/** The owner's endpoint for messages of the server. */
export interface WebhookOptions {
  /** `https:` URL, or `http:` for a receiver in the own network. */
  readonly url: string;
  /** Key of at least 16 bytes for the signatures: `whsec_` and base64, or the key itself. */
  readonly secret: string;
}

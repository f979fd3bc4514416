/** Option `webhook` of `createVoiceServer`. */

/** The owner's endpoint for messages of the server. */
export interface WebhookOptions {
  /** `https:` URL, or `http:` for a receiver in the own network. */
  readonly url: string;
  /**
   * Key of at least 16 bytes for the signatures: `whsec_` and base64, or the key itself. During a rotation, list two: each request is signed
   * with both.
   */
  readonly secret: string | readonly string[];
}

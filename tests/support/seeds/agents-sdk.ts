/** Names of the blocks of the Agents SDK's transport page, as their tests are called. */
const page = 'Agents SDK, transport page';

export const agentsSdk = {
  webrtc: `${page}: WebRTC`,
  websocket: `${page}: WebSocket`,
  sip: `${page}: SIP`,
  workers: `${page}: Cloudflare Workers`,
  option1: `${page}: Option 1: the session's transport`,
  option2: `${page}: Option 2: the transport alone`,
} as const;

/**
 * Azure OpenAI's GA interface: GA events below `https://<resource>.openai.azure.com/openai/v1`. Its WebSocket accepts
 * keys only in headers, which browsers cannot send (Microsoft's documentation; `openai` 7.55 rejects Azure in
 * browsers). Ephemeral keys have no documented prefix. Not imitated: `?webrtcfilter=on`, `api-version` errors.
 */
import { anyModel, gaRules } from './profile.js';
import type { Profile } from './profile.js';

export const azure: Profile = {
  ...gaRules,
  name: 'azure',
  socket: { selects: false, keys: ['header'] },
  wrongKey: 401,
  // The model is the name of a deployment, chosen by its owner.
  acceptsModel: anyModel,
};

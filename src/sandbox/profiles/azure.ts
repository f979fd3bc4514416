/**
 * Azure OpenAI's GA interface: GA events below `https://<resource>.openai.azure.com/openai/v1`. Its WebSocket takes keys
 * in headers only, which browsers cannot send (Microsoft's documentation; `openai` 7.55 refuses Azure in browsers).
 * Ephemeral keys have no prefix that is documented. Not imitated: `?webrtcfilter=on`, `api-version` refusals.
 */
import { anyModel, gaRules } from './profile.js';
import type { Profile } from './profile.js';

export const azure: Profile = {
  ...gaRules,
  name: 'azure',
  socket: { selects: false, keys: ['header'] },
  wrongKey: 401,
  // The model is the name of a deployment, which its owner chose.
  acceptsModel: anyModel,
};

/**
 * `single/voice-agent.js`: the whole widget in one classic script, which also runs as a module, for builders that take one file. Creates
 * the tag from its `data-*` attributes like `embed.js`.
 */
import './define.js';
import { createTag } from './embed/create-tag.js';
import { settingsScript } from './embed/settings-script.js';

createTag(settingsScript());

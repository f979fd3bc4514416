/**
 * `embed.js`: a classic script, without imports at run time, for places where a module script does not survive: tag managers, site
 * builders, and plug-ins that move, delay, combine or inline scripts. It loads `voice-agent.js` at once and creates the tag
 * if the page has none. Syntax and APIs of ES2017; at most 1,000 bytes with brotli.
 */
import { createTag } from './embed/create-tag.js';
import { loadModule } from './embed/load-module.js';
import { moduleAddress, settingsScript } from './embed/settings-script.js';

const script = settingsScript();
createTag(script);
loadModule(moduleAddress(script), script);

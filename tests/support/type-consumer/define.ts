/** Type-checked by `.config/types-check.sh`: the import that registers the element also provides its types. */
import 'voice-agent-element/define';

const element = document.createElement('voice-agent');
element.addEventListener('voice-agent-message', ({ detail }) => detail.message.text.trim());
element.addEventListener('voice-agent-error', ({ detail }) => detail.error.code === 'unsupported');
// @ts-expect-error: events with another name have no message.
element.addEventListener('click', ({ detail }) => detail.message);

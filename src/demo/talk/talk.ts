/**
 * The script of the page "Talk to it now": connects the page's widget to a sandbox inside the page. Its parts are the built files
 * next to it, so that the page works from any static host.
 */
import { connectBrowserSandbox } from '../../sandbox/browser/index.js';

await customElements.whenDefined('voice-agent');
const agent = document.querySelector('voice-agent');
const problem = document.getElementById('problem');
if (!agent || !problem) throw new Error('The page lacks its widget.');
agent.tools = [
  {
    name: 'get_time',
    description: 'The time on the visitor’s clock',
    execute: () => ({ time: new Date().toLocaleTimeString('en', { hour: 'numeric', minute: '2-digit' }) }),
  },
];
try {
  await connectBrowserSandbox(agent);
  agent.disabled = false;
} catch (error) {
  problem.textContent = error instanceof Error ? error.message : String(error);
}

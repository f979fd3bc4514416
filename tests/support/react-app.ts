/** An app that renders `<voice-agent>` with the package's React component, on the server and in a page, with a version of React. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import type { Rolldown } from 'vite';
import type { Site } from './site.js';

/** The major versions of React that are installed. */
export type ReactMajor = 18 | 19;

const FOLDER = fileURLToPath(new URL('../../test-results/react/', import.meta.url));

/** The app. It runs in the page with the properties of `window.appProps`, and publishes what the test reads. */
const APP = `
import { createElement, useEffect, useRef, useState, version } from 'react';
import { VoiceAgent } from 'voice-agent-element/react';

export function App({ baseUrl, tokenUrl, events }) {
  const [fired, setFired] = useState([]);
  const [run, setRun] = useState(0);
  const [shown, setShown] = useState(true);
  const element = useRef(null);
  // A new function for each rendering, so that a handler from an earlier one reports an older number.
  const handlers = Object.fromEntries(
    events.map((name) => [name, ({ type, detail }) => setFired((earlier) => [...earlier, { prop: name, type, run, keys: Object.keys(detail ?? {}) }])]),
  );
  useEffect(() => {
    Object.assign(window, { reported: fired, setRun, setShown, version, element: element.current });
  });
  const agent = createElement(VoiceAgent, {
    ref: element, baseUrl, tokenUrl, heading: 'Ask Ada', placement: 'bottom-end', className: 'agent', hidden: false, open: run === 1,
    timeout: 20_000 + run, 'removal-delay': 50, voice: run < 2 ? 'cedar' : undefined, theme: run < 2 ? 'dark' : undefined,
    sessionConfig: { max_output_tokens: 500 + run },
    visitorToken: async () => 'visitor-' + String(run),
    tools: [
      { name: 'get_run', description: 'Returns the number.', execute: () => 'run ' + String(run) },
      { name: 'pay', needsApproval: true, execute: () => 'paid' },
    ],
    ...handlers,
  });
  return createElement('main', null, createElement('h1', null, 'Run ' + String(run)), shown && agent);
}
`;

const CLIENT = `
import { createElement, StrictMode } from 'react';
import { hydrateRoot } from 'react-dom/client';
import { App } from './app.js';

const problems = (window.problems = []);
const root = document.getElementById('root');
window.before = root.querySelector('voice-agent');
hydrateRoot(root, createElement(StrictMode, null, createElement(App, window.appProps)), { onRecoverableError: (error) => problems.push(String(error)) });
`;

const SERVER = `
import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { App } from './app.js';
export const render = (props) => renderToString(createElement(App, props));
`;

/** Props of the app. */
export interface ReactAppProps {
  readonly baseUrl: string;
  readonly tokenUrl: string;
  /** Names of the event props with a handler. */
  readonly events: readonly string[];
}

/**
 * Builds the app with the development version of React, which reports differences between server and page, and serves the page's part at
 * `/react-MAJOR/client.js`.
 * @returns the function that renders on the server
 */
export async function buildReactApp(major: ReactMajor, site: Site): Promise<(props: ReactAppProps) => string> {
  const folder = `${FOLDER}${String(major)}-${String(process.pid)}/`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}app.js`, APP);
  writeFileSync(`${folder}client.js`, CLIENT);
  writeFileSync(`${folder}server.js`, SERVER);
  const alias = (major === 18 ? ['react-dom', 'react'] : []).map((name) => ({
    find: new RegExp(`^${name}(?=/|$)`),
    replacement: `${name}18`,
  }));
  const shared = { configFile: false, logLevel: 'error', mode: 'development', resolve: { alias } } as const;
  const [output] = (await build({
    ...shared,
    base: `/react-${String(major)}/`,
    define: { 'process.env.NODE_ENV': '"development"' },
    build: {
      write: false,
      target: 'es2022',
      minify: false,
      lib: { entry: `${folder}client.js`, fileName: 'client', formats: ['es'] },
      rolldownOptions: { output: { entryFileNames: 'client.js', chunkFileNames: '[name]-[hash].js' } },
    },
  })) as Rolldown.RolldownOutput[];
  for (const file of output?.output ?? []) {
    const body = file.type === 'chunk' ? file.code : Buffer.from(file.source);
    const type = file.fileName.endsWith('.js') ? 'text/javascript' : 'application/octet-stream';
    site.answer(`/react-${String(major)}/${file.fileName}`, () => new Response(body, { headers: { 'content-type': type } }));
  }
  // Everything in one file, because Node would not apply the alias to packages.
  await build({
    ...shared,
    ssr: { noExternal: true },
    build: {
      ssr: `${folder}server.js`,
      outDir: `${folder}built`,
      minify: false,
      rolldownOptions: { output: { entryFileNames: 'server.mjs' } },
    },
  });
  const { render } = (await import(/* @vite-ignore */ `${folder}built/server.mjs`)) as { render(props: ReactAppProps): string };
  return render;
}

/** Placeholder removed below. */
import type { Hono } from 'hono';
import type { Sandbox } from './create-sandbox.js';
import type { SandboxCore } from './sandbox.js';

export function addControlRoutes(app: Hono<any>, core: SandboxCore, sandbox: Sandbox): void {
  app.get('/sandbox', (context) => context.json({ url: sandbox.url, calls: core.calls.length }));
}

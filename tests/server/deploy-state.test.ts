/** The files for deployments keep the journal where it outlives the process and the container. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { withDefaultState } from '../../src/server/command/configured-state.js';

const read = (name: string): string => readFileSync(new URL(`../../src/server/deploy/${name}`, import.meta.url), 'utf8');
const found = (pattern: RegExp, text: string): string => pattern.exec(text)?.[1] ?? expect.fail(`no ${String(pattern)}`);
const config = { allowedOrigins: [], upstream: { apiKey: 'sk-sandbox' } };

it('the systemd unit has a state folder that only the service can read', () => {
  const unit = read('voice-agent-server.service');
  // systemd sets STATE_DIRECTORY to this folder.
  const folder = `/var/lib/${found(/^StateDirectory=(\S+)$/m, unit)}`;
  expect(found(/^StateDirectoryMode=(\d+)$/m, unit)).toBe('0700');
  expect(withDefaultState(config, { STATE_DIRECTORY: folder }).state).toEqual({ journal: '/var/lib/voice-agent-server/journal' });
  // The owner of the journal listens on a socket.
  expect(found(/^RestrictAddressFamilies=(.*)$/m, unit)).toContain('AF_UNIX');
});

it('the container keeps its journal in a volume that its user can write', () => {
  const dockerfile = read('Dockerfile');
  const folder = found(/STATE_DIRECTORY=(\S+)/, dockerfile);
  expect(found(/^VOLUME (\S+)$/m, dockerfile)).toBe(folder);
  expect(dockerfile).toMatch(new RegExp(`^COPY --from=packages --chown=65532:65532 /state ${folder}$`, 'm'));
  expect(dockerfile).toContain(`-v voice-agent-server:${folder} `);
  const compose = read('compose.journal.yaml');
  const volume = found(new RegExp(`^ {4}volumes:\\n {6}- (\\w+):${folder}$`, 'm'), compose);
  expect(compose).toMatch(new RegExp(`^volumes:\\n {2}${volume}:$`, 'm'));
});

/** A network interface for Firefox, which does not connect over loopback. */
import { execFileSync } from 'node:child_process';
import { ownAddresses } from '../../src/sandbox/media/media-hosts.js';

const STEPS = [
  'link add voice-agent0 type veth peer name voice-agent1',
  'addr add 10.77.0.1/24 dev voice-agent0',
  'link set voice-agent0 up',
  'link set voice-agent1 up',
  'route add default dev voice-agent0',
];

/**
 * Ensures that this machine has an address other than loopback. If not, creates a pair of virtual interfaces, which
 * requires root; the returned function removes it.
 */
export function ensureNetwork(): () => void {
  if (ownAddresses().length > 1) return () => undefined;
  const ip = (step: string): unknown => execFileSync('ip', step.split(' '), { stdio: 'pipe' });
  try {
    STEPS.forEach(ip);
  } catch (cause) {
    throw new Error(
      'Firefox needs a network interface other than loopback. This machine has none, and creating one failed: it requires root and iproute2.',
      { cause },
    );
  }
  return () => void ip('link delete voice-agent0');
}

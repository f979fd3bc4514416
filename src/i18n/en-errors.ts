/**
 * English texts for every error, with its remedy. They define the codes that each language must have; the views require one for each code
 * of `contract/errors.ts`, which `i18n/` may not import.
 */
import { words, type Words } from './words.js';

const ownerHelps = 'The site owner needs to change a setting.';

/** English texts by error code. */
export const enErrors = {
  token_unauthorized: words('You’re not signed in', 'Sign in to this site, then try again.'),
  visitor_denied: words('We couldn’t verify your visit', 'Reload this page, then try again.'),
  origin_denied: words('Calls aren’t allowed on this page', ownerHelps),
  rate_limited: words('All lines are busy', 'Too many calls right now. Try again later.'),
  token_malformed: words('Calls are not set up correctly', ownerHelps),
  token_timeout: words('This site did not respond', 'It took too long. Try again.'),
  unavailable: words('Calls are unavailable right now', 'Your connection is fine. Try again later.'),
  paused: words('Calls are paused', 'This site takes no calls at the moment. Try again later.'),
  network: words('No connection', 'Check your internet connection, then try again.'),
  load_failed: words('Part of this page did not load', 'Check your internet connection, then reload the page.'),
  mic_denied: words('The microphone is blocked', 'Allow it in the site settings near the address bar, then try again. Or type instead.'),
  mic_dismissed: words('Talking needs the microphone', 'Try again and choose Allow. Or type instead.'),
  mic_missing: words('No microphone found', 'Connect one, then try again. Or type instead.'),
  mic_unresponsive: words(
    'The microphone is not responding',
    'Reconnect it or choose another one in your browser’s settings, then try again. Or type instead.',
  ),
  mic_busy: words('The microphone is in use', 'Close other apps or tabs that use it, then try again. Or type instead.'),
  insecure_context: words('This page is not secure', 'Browsers only allow the microphone on HTTPS pages. Or type instead.'),
  policy_blocked: words('This page can’t use the microphone', 'The embedding page must add allow="microphone". Or type instead.'),
  sdp_rejected: words('The call was refused', 'The voice service did not accept it. Try again.'),
  sdp_invalid: words('The call could not start', 'The voice service sent an invalid response. Try again.'),
  ice_failed: words('The voice connection failed', 'A firewall or VPN may be blocking calls. Try another network.'),
  channel_timeout: words('The voice service did not start', 'It took too long. Try again.'),
  session_rejected: words('Calls are not set up correctly', ownerHelps),
  session_expired: words('Time is up', 'The call reached its maximum length. Start again whenever you like.'),
  connection_lost: words('The connection was lost', 'Check your internet connection, then try again.'),
  timeout: words('Connecting took too long', 'Check your internet connection, then try again.'),
  aborted: words('Call cancelled', 'Start again whenever you like.'),
  unsupported: words('Calls aren’t supported here', 'Try a current version of Chrome, Edge, Firefox or Safari.'),
  invalid_request: words('That didn’t work', 'This isn’t possible right now.'),
  server_error: words('Something went wrong', 'The voice service reported a problem. Your call is still active.'),
  answer_incomplete: words('No answer received', 'The voice service stopped early. Please ask again.'),
} satisfies Record<string, Words>;

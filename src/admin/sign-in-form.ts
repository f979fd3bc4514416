/** The form that asks for the operator's token. */
import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';

/**
 * See the head of the file.
 *
 * @param problem why the last attempt failed
 */
export function signInForm(problem: string | undefined, busy: boolean, onToken: (token: string) => void): TemplateResult {
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const token = new FormData(event.target as HTMLFormElement).get('token');
    if (typeof token === 'string' && token.trim() !== '') onToken(token.trim());
  };
  return html`<main class="sign-in">
    <form @submit=${submit}>
      <h1>Voice agent server</h1>
      <label for="token">Operator token</label>
      <input
        id="token"
        name="token"
        type="password"
        autocomplete="current-password"
        required
        aria-invalid=${problem === undefined ? 'false' : 'true'}
        aria-describedby="hint problem"
      />
      <p id="hint" class="note">The value of <code>admin.token</code>. It is forgotten when you close or reload this page.</p>
      <p id="problem" class="problem" role="alert">${problem ?? nothing}</p>
      <button class="primary" aria-disabled=${busy ? 'true' : 'false'}>Sign in</button>
    </form>
  </main>`;
}

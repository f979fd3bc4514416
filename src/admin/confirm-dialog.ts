/** A question that must be answered before something is ended or refused. */
import { html } from 'lit';
import type { TemplateResult } from 'lit';

/** One question. */
export interface Confirmation {
  readonly title: string;
  readonly detail: string;
  /** Label of the button that confirms. */
  readonly action: string;
  run(): Promise<void>;
}

/** The dialog; open it with `showModal()`, which keeps the focus inside and returns it afterwards. */
export function confirmDialog({ title, detail, action }: Confirmation, onAnswer: (confirmed: boolean) => void): TemplateResult {
  const cancel = (event: Event): void => {
    event.preventDefault();
    onAnswer(false);
  };
  return html`<dialog aria-labelledby="question" aria-describedby="consequence" @cancel=${cancel}>
    <h2 id="question">${title}</h2>
    <p id="consequence">${detail}</p>
    <div class="actions">
      <button @click=${() => onAnswer(false)}>Cancel</button>
      <button class="danger" @click=${() => onAnswer(true)}>${action}</button>
    </div>
  </dialog>`;
}

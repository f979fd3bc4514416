/** Texts for an error or a state: what happened, and what to do about it. */
export interface Words {
  readonly title: string;
  readonly detail: string;
}

/** Both texts in one line. */
export const words = (title: string, detail: string): Words => ({ title, detail });

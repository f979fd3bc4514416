/**
 * The converter of every boolean attribute: present means true, and the text "false" means false. React 18, Vue and many content
 * management systems write `muted="false"`.
 */
export const boolean = (text: string | null): boolean => text !== null && text.trim().toLowerCase() !== 'false';

/**
 * The converter of all boolean attributes: present means true, but the value "false" means false. React 18, Vue and many content
 * management systems write `muted="false"`.
 */
export const boolean = (text: string | null): boolean => text !== null && text.trim().toLowerCase() !== 'false';

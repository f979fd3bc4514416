/**
 * Functions of the site that the agent may call: search, open a page, look up an order, use abilities. Each use needs the visitor's approval.
 *
 * They run in the visitor's page with the visitor's own permissions; the site's REST routes check them.
 */

/** What a tool needs of the page. */
export interface SiteToolsSetup {
  /** Names from the plug-in: `search`, `open`, `order`, `abilities`. */
  readonly names: readonly string[];
  /** Root of the REST API; with plain permalinks it ends with `?rest_route=/`. */
  readonly rest: string;
  /** The current nonce, so that requests know the user. */
  nonce(): string;
  /** Opens an address. */
  open(url: URL): void;
}

/** A tool of the widget (`Tool` in its documentation). */
export interface SiteTool {
  readonly name: string;
  readonly description: string;
  readonly parameters: object;
  readonly needsApproval: true;
  execute(args: Readonly<Record<string, unknown>>, options: { readonly signal: AbortSignal }): Promise<unknown>;
}

/** Milliseconds before a page is opened, in which the agent can say so. */
const BEFORE_OPENING = 3_000;
/** Results of a search. */
const MOST_RESULTS = '5';

/** The tools that are on. */
export function siteTools(setup: SiteToolsSetup): SiteTool[] {
  const { names } = setup;
  const tools: SiteTool[] = [];
  if (names.includes('search')) tools.push(search(setup));
  if (names.includes('open')) tools.push(openPage(setup));
  if (names.includes('order')) tools.push(orderStatus(setup));
  if (names.includes('abilities')) tools.push(listAbilities(setup), useAbility(setup));
  return tools;
}

function search(setup: SiteToolsSetup): SiteTool {
  return {
    name: 'search_site',
    description: 'Searches the published posts and pages of this site. Returns titles and addresses.',
    parameters: object({ words: { type: 'string', description: 'What to search for.' } }, ['words']),
    needsApproval: true,
    execute: ({ words }, { signal }) =>
      request(setup, 'wp/v2/search', { search: String(words), per_page: MOST_RESULTS, _fields: 'title,url' }, { signal }),
  };
}

function openPage({ open }: SiteToolsSetup): SiteTool {
  return {
    name: 'open_page',
    description: 'Opens a page of this site for the visitor. The call ends when the page changes, so say goodbye first.',
    parameters: object({ url: { type: 'string', description: 'Address of a page of this site, as search_site returns it.' } }, ['url']),
    needsApproval: true,
    execute: async ({ url }) => {
      const address = new URL(String(url), location.href);
      if (address.origin !== location.origin) return 'Only pages of this site can be opened.';
      setTimeout(() => open(address), BEFORE_OPENING);
      return 'The page opens in a few seconds.';
    },
  };
}

function orderStatus(setup: SiteToolsSetup): SiteTool {
  return {
    name: 'order_status',
    description:
      'Looks up the status of an order in the shop. Customers who are logged in need only the number; others also need the key of the order and the address of the bill.',
    parameters: object(
      {
        number: { type: 'integer' },
        key: { type: 'string', description: 'Begins with wc_order_.' },
        billing_email: { type: 'string' },
      },
      ['number'],
    ),
    needsApproval: true,
    execute: async ({ number, key, billing_email: email }, { signal }) => {
      const fields: Record<string, string> = {};
      if (typeof key === 'string') fields['key'] = key;
      if (typeof email === 'string') fields['billing_email'] = email;
      const order = await request(setup, `wc/store/v1/order/${String(Number(number))}`, fields, { signal });
      // Addresses and prices stay in the page.
      const { id, status } = order as { id?: unknown; status?: unknown };
      return id === undefined ? order : { id, status };
    },
  };
}

function listAbilities(setup: SiteToolsSetup): SiteTool {
  return {
    name: 'list_site_abilities',
    description: 'Lists what this site can do for the visitor: names, descriptions and input schemas for use_site_ability.',
    parameters: object({}, []),
    needsApproval: true,
    execute: (_, { signal }) => request(setup, 'wp-abilities/v1/abilities', { _fields: 'name,description,input_schema' }, { signal }),
  };
}

function useAbility(setup: SiteToolsSetup): SiteTool {
  return {
    name: 'use_site_ability',
    description: 'Uses an ability of this site, with input that matches its schema.',
    parameters: object({ name: { type: 'string' }, input: { type: 'object', additionalProperties: true } }, ['name']),
    needsApproval: true,
    execute: async ({ name, input }, { signal }) => {
      const path = `wp-abilities/v1/abilities/${String(name).split('/').map(encodeURIComponent).join('/')}`;
      const { meta } = (await request(setup, path, {}, { signal })) as { meta?: { annotations?: { readonly?: boolean } } };
      // WordPress requires GET for abilities that only read, and POST for others. Destructive ones, which require DELETE, are refused.
      if (!meta?.annotations?.readonly) {
        const body = JSON.stringify({ input });
        return request(setup, `${path}/run`, {}, { signal, method: 'POST', body, headers: { 'Content-Type': 'application/json' } });
      }
      const values = Object.entries(typeof input === 'object' && input !== null ? input : {});
      return request(setup, `${path}/run`, Object.fromEntries(values.map(([key, value]) => [`input[${key}]`, String(value)])), { signal });
    },
  };
}

const object = (properties: object, required: readonly string[]): object => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});

/** A request to the site. @returns its JSON, or a sentence about its failure for the agent */
async function request(
  { rest, nonce }: SiteToolsSetup,
  path: string,
  fields: Readonly<Record<string, string>>,
  { headers, ...init }: RequestInit & { readonly headers?: Readonly<Record<string, string>> },
): Promise<unknown> {
  const query = new URLSearchParams(fields).toString();
  const url = rest + path + (query ? (rest.includes('?') ? '&' : '?') + query : '');
  const token = nonce();
  const response = await fetch(url, {
    ...init,
    credentials: 'same-origin',
    headers: { ...headers, ...(token && { 'X-WP-Nonce': token }) },
  });
  return response.ok ? response.json() : `The site refused this (${String(response.status)}).`;
}

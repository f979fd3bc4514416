/** Finds the prices of a model. Owns which names count as the same model. */
import type { TokenPrices } from '../options.js';

/** The prices of a model or, for a dated version (`name-2027-01-31`), those of its name without the date; `undefined` if unknown. */
export function priceOf(prices: Readonly<Record<string, TokenPrices>>, model: string): TokenPrices | undefined {
  const name = Object.hasOwn(prices, model) ? model : model.replace(/-\d{4}-\d{2}-\d{2}$/, '');
  return Object.hasOwn(prices, name) ? prices[name] : undefined;
}

/** The highest price per million tokens of any kind; 0 without prices. */
export const dearestOf = (prices: TokenPrices | undefined): number => Math.max(0, ...(Object.values(prices ?? {}) as number[]));

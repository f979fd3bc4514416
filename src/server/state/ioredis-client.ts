/** A client of `ioredis` as its owner hands it in; named by what it can do, so that our types do without the package's. */
export interface IoredisClient {
  readonly status: string;
  duplicate(...override: never[]): unknown;
}

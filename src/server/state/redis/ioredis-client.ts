/** An `ioredis` client as passed by the owner; a structural type, so that the public types do not depend on the package. */
export interface IoredisClient {
  readonly status: string;
  duplicate(...override: never[]): unknown;
}

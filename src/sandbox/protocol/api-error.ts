/**
 * Errors of the Realtime API: one type that becomes an HTTP error body (`{error:{message,type,param,code}}`) or an
 * `error` event, depending on how the request arrived.
 *
 * Codes and messages follow the API's documentation and recorded responses; where no recording exists, a comment at the
 * point of use says so.
 */

/** The body of every HTTP error. */
export interface ErrorBody {
  error: { message: string; type: string; param: string | null; code: string | null };
}

/** Fields of an `ApiError`; `status` is the HTTP status (default 400), `type` defaults to an invalid request. */
export interface ApiErrorFields {
  message: string;
  code?: string | null;
  param?: string | null;
  type?: string;
  status?: number;
  headers?: Record<string, string>;
}

/** An error with the API's own fields. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly type: string;
  readonly code: string | null;
  readonly param: string | null;
  readonly headers: Record<string, string>;

  constructor(fields: ApiErrorFields) {
    super(fields.message);
    this.status = fields.status ?? 400;
    this.type = fields.type ?? 'invalid_request_error';
    this.code = fields.code ?? null;
    this.param = fields.param ?? null;
    this.headers = fields.headers ?? {};
  }

  /** Returns the HTTP body. */
  body(): ErrorBody {
    return { error: { message: this.message, type: this.type, param: this.param, code: this.code } };
  }
}

/** A required field is missing. */
export function missingParameter(param: string): ApiError {
  return new ApiError({
    message: `Missing required parameter: '${param}'.`,
    code: 'missing_required_parameter',
    param,
  });
}

/** The API does not know the field. */
export function unknownParameter(param: string): ApiError {
  return new ApiError({ message: `Unknown parameter: '${param}'.`, code: 'unknown_parameter', param });
}

/** The value is not in a closed list. */
export function invalidValue(param: string, value: unknown, supported: readonly string[]): ApiError {
  return new ApiError({
    message: `Invalid value: '${String(value)}'. Supported values are: ${supported.map((name) => `'${name}'`).join(', ')}.`,
    code: 'invalid_value',
    param,
  });
}

/** The field has the wrong JSON type. */
export function invalidType(param: string, expected: string, value: unknown): ApiError {
  return new ApiError({
    message: `Invalid type for '${param}': expected ${expected}, but got ${describeType(value)} instead.`,
    code: 'invalid_type',
    param,
  });
}

function describeType(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  switch (typeof value) {
    case 'object':
      return 'an object';
    case 'number':
      return Number.isInteger(value) ? 'an integer' : 'a decimal';
    case 'undefined':
      return 'nothing';
    default:
      return `a ${typeof value}`;
  }
}

/** The body of an outgoing request. */
export type HttpBody =
  | { readonly kind: 'none' }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'form'; readonly fields: Readonly<Record<string, string>> }
  | {
      readonly kind: 'multipart';
      readonly fields: Readonly<Record<string, string>>;
      readonly files: readonly {
        readonly field: string;
        readonly filename: string;
        readonly bytes: Uint8Array;
      }[];
    };

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: HttpBody;
  /** Whole exchange, in seconds. */
  readonly timeoutSeconds: number;
  readonly followRedirects: boolean;
  /** The answer's body may be no longer than this; longer is `too_large`. */
  readonly maxBytes: number;
}

export interface HttpResponse {
  readonly status: number;
  /** Names as the server sent them in lower case; repeated headers joined by ", ". */
  readonly headers: Readonly<Record<string, string>>;
  /** The address that answered, after redirects. */
  readonly url: string;
  readonly body: Uint8Array;
}

export type HttpFailureKind = 'timeout' | 'blocked' | 'invalid_url' | 'too_large' | 'unknown';

/** A request that got no usable answer. `message` names the address and the way out. */
export class HttpFailure extends Error {
  override readonly name = 'HttpFailure';
  readonly kind: HttpFailureKind;

  constructor(kind: HttpFailureKind, message: string, options: { cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.kind = kind;
  }
}

/** Outgoing HTTP under the egress policy: private hosts are refused at every hop, at most 10 redirects. */
export interface HttpCapability {
  /** Resolves for every status code; rejects with {@link HttpFailure}. */
  request(request: HttpRequest): Promise<HttpResponse>;
}

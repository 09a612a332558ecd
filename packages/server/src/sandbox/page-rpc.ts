/** The page as the sandbox knows it: opaque calls in, opaque JSON out. browser/page-rpc implements it. */
export interface PageRpc {
  /** Describes to the child which classes, methods and options there are; `Page` and `Helpers` are among the classes. */
  readonly surface: unknown;
  /** Opens the page and gives its values now; later changes go to `onValues`. */
  open(onValues: (values: unknown) => void): Promise<unknown>;
  /** Does one call of user code. Rejects with an Error whose name and message user code gets to see. */
  call(message: unknown): Promise<unknown>;
  /** Forgets all handles and stops watching the page. */
  close(): void;
}

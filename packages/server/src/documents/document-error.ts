/** A file that cannot be read as what it was said to be. `message` is written for the user and completes "…: ". */
export class DocumentError extends Error {
  override readonly name = 'DocumentError';
}

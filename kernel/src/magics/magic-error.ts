/** A magic did what it was told, and that failed. Shown without a stack. */
export class MagicError extends Error {
  override readonly name = 'MagicError';
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

// What can be wrong with a compressed body.

/** The body is larger than allowed once decompressed. */
export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge';
  readonly limitBytes: number;

  constructor(limitBytes: number) {
    super(`the decompressed body is larger than the limit of ${limitBytes} bytes`);
    this.limitBytes = limitBytes;
  }
}

/** The body is not what its encoding says. */
export class BodyCorrupt extends Error {
  override readonly name = 'BodyCorrupt';
}

/** There is no memory now for what the body grows to: it may be sent again later. */
export class NoMemoryForBody extends Error {
  override readonly name = 'NoMemoryForBody';

  constructor() {
    super('no memory for more data in flight');
  }
}

// TLS and a bearer token for a scenario: certificates of a test authority, and the settings that both agents take.

import { TestAuthority } from '../../test/support/certificates.ts';

/** Where there is TLS with a token: at the listener, or at the exporter and its destination as well. */
export type Secured = 'in' | 'both';

export const TOKEN = 'a-token-as-long-as-those-that-people-have-0123456789';

const EXTENSION = 'bearertokenauth';

/** Files that live until it is disposed of. */
export class Security implements Disposable {
  readonly #authority: TestAuthority;
  readonly files: { readonly cert: string; readonly key: string };

  constructor() {
    const authority = TestAuthority.make();
    if (!authority) throw new Error('openssl is needed for certificates');
    this.#authority = authority;
    this.files = authority.issue('localhost', 'DNS:localhost,IP:127.0.0.1');
  }

  /** Of `protocols.grpc` or `protocols.http`. */
  get listener(): object {
    return { tls: { cert_file: this.files.cert, key_file: this.files.key }, auth: { authenticator: EXTENSION } };
  }

  get exporter(): object {
    return { tls: { ca_file: this.#authority.ca }, auth: { authenticator: EXTENSION } };
  }

  get extensions(): object {
    return { [EXTENSION]: { token: TOKEN } };
  }

  [Symbol.dispose](): void {
    this.#authority[Symbol.dispose]();
  }
}

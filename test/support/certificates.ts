// A certificate authority and certificates of it, made by openssl, for tests of mutual TLS.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/** Makes files in a folder of its own, which goes with it. Undefined where the machine has no openssl. */
export class TestAuthority implements Disposable {
  readonly folder = mkdtempSync(path.join(os.tmpdir(), 'authority-'));
  /** The authority's own certificate. */
  readonly ca = path.join(this.folder, 'ca.pem');
  readonly #caKey = path.join(this.folder, 'ca-key.pem');

  static make(): TestAuthority | undefined {
    const authority = new TestAuthority();
    try {
      authority.#openssl(
        ['req', '-x509', ...EC, '-subj', '/CN=test authority', '-days', '2'].concat([
          '-keyout',
          authority.#caKey,
          '-out',
          authority.ca,
        ]),
      );
      return authority;
    } catch {
      authority[Symbol.dispose]();
      return undefined;
    }
  }

  /** `sans` as openssl writes them: `DNS:a,IP:127.0.0.1,URI:spiffe://b`. With `days` below 0 it has expired. */
  issue(name: string, sans: string, days = 2): CertificateFiles {
    const at = (end: string): string => path.join(this.folder, `${name}${end}`);
    this.#openssl(['req', ...EC, '-subj', `/O=tests/CN=${name}`, '-keyout', at('-key.pem'), '-out', at('.csr')]);
    writeFileSync(at('.ext'), `subjectAltName=${sans}\n`);
    const signed = ['x509', '-req', '-in', at('.csr'), '-CA', this.ca, '-CAkey', this.#caKey, '-CAcreateserial'];
    this.#openssl([...signed, '-days', String(days), '-extfile', at('.ext'), '-out', at('.pem')]);
    return { cert: at('.pem'), key: at('-key.pem') };
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #openssl(args: readonly string[]): void {
    execFileSync('openssl', args, { stdio: 'ignore' });
  }
}

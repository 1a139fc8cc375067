// The converter UserAgent: the names and versions of the client and its operating system in an HTTP User-Agent, by the
// rules of uap-core, as contrib's func_useragent.go, v0.161.

import { compileRe2, type Re2 } from '../../../pipeline/regexp.ts';
import type { Converter } from '../../function.ts';
import { textOf } from '../arguments.ts';
import { BROWSER_RULES } from './browser-rules.ts';
import { SYSTEM_RULES } from './system-rules.ts';

export const USER_AGENT: Converter = {
  params: ['user_agent'],
  prepare() {
    matchers ??= { browsers: new Matcher(BROWSER_RULES, 3), systems: new Matcher(SYSTEM_RULES, 4) };
    const { browsers, systems } = matchers;
    return ([text]) => {
      const original = textOf(text);
      const browser = browsers.match(original);
      const system = systems.match(original);
      const result = new Map([
        ['user_agent.original', original],
        ['user_agent.name', browser?.name ?? 'Other'],
        ['user_agent.version', browser?.version ?? ''],
      ]);
      // The collector's reference cases have no system where none is known; since then it says `Other`.
      if (system) result.set('os.name', system.name);
      if (system && system.version !== '') result.set('os.version', system.version);
      return result;
    };
  },
};

/** Made by the first statement that asks, as it takes a quarter of a second, and shared by all others. */
let matchers: { readonly browsers: Matcher; readonly systems: Matcher } | undefined;

interface Rule {
  readonly pattern: Re2;
  /** The name and the parts of the version, with `$1` for groups. */
  readonly templates: readonly string[];
}

interface Match {
  readonly name: string;
  /** Parts joined by dots. */
  readonly version: string;
}

/** Few clients send most requests; the rest costs some tenths of a millisecond each. */
const MAX_REMEMBERED = 1024;

class Matcher {
  readonly #rules: readonly Rule[];
  /** In order of use, oldest first. */
  readonly #remembered = new Map<string, Match | undefined>();

  /** `parts` is how many parts a version has at most. */
  constructor(rules: string, parts: number) {
    this.#rules = rules
      .trim()
      .split('\n')
      .map((line) => {
        const [pattern = '', given = ''] = line.split(' -> ');
        const templates = given.split(' ; ');
        return {
          pattern: compileRe2(pattern),
          templates: Array.from({ length: parts + 1 }, (_, index) => templates[index] || `$${index + 1}`),
        };
      });
  }

  match(text: string): Match | undefined {
    if (this.#remembered.has(text)) {
      const known = this.#remembered.get(text);
      this.#remembered.delete(text);
      this.#remembered.set(text, known);
      return known;
    }
    const found = this.#find(text);
    if (this.#remembered.size >= MAX_REMEMBERED) {
      for (const oldest of this.#remembered.keys()) {
        this.#remembered.delete(oldest);
        break;
      }
    }
    this.#remembered.set(text, found);
    return found;
  }

  #find(text: string): Match | undefined {
    for (const { pattern, templates } of this.#rules) {
      if (!pattern.test(text)) continue;
      const groups = pattern.find(text) ?? [];
      const [name = '', ...version] = templates.map((template) =>
        template.replaceAll(/\$(\d)/g, (_, digit: string) => groups[Number(digit)] ?? ''),
      );
      if (name === '') continue;
      // As the collector: a part without the one before it keeps its dot.
      return { name, version: version.map((part, index) => (part === '' || index === 0 ? part : `.${part}`)).join('') };
    }
    return undefined;
  }
}

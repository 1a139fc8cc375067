// Globs in the dialect of github.com/gobwas/glob without separators, as patterns: `*`, `?`, `[a-z]`, `[!a-z]`, `{a,b}`, `\`.

import { compileRe2, type Re2 } from '../../pipeline/regexp.ts';

/** Matches whole texts. Throws an Error where the glob is malformed. */
export function compileGlob(glob: string): Re2 {
  let source = '';
  let open = 0;
  for (let at = 0; at < glob.length; at += 1) {
    const character = glob.charAt(at);
    if (character === '*') source += '.*';
    else if (character === '?') source += '.';
    else if (character === '{') {
      source += '(?:';
      open += 1;
    } else if (character === '}' && open > 0) {
      source += ')';
      open -= 1;
    } else if (character === ',' && open > 0) source += '|';
    else if (character === '[') {
      const end = glob.indexOf(']', at + 2);
      if (end < 0) throw new Error(`the glob ${JSON.stringify(glob)} has a [ without a ]`);
      const isNot = glob.charAt(at + 1) === '!';
      const members = glob.slice(at + (isNot ? 2 : 1), end).replaceAll(/[\\^[]/g, String.raw`\$&`);
      source += `[${isNot ? '^' : ''}${members}]`;
      at = end;
    } else {
      if (character === '\\') at += 1;
      source += glob.charAt(at).replaceAll(/[\\^$.|?*+()[\]{}]/g, String.raw`\$&`);
    }
  }
  if (open > 0) throw new Error(`the glob ${JSON.stringify(glob)} has a { without a }`);
  return compileRe2(String.raw`(?s)\A(?:${source})\z`);
}

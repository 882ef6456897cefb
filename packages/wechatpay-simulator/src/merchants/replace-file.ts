import { renameSync, writeFileSync } from 'node:fs';

const MODES = { private: 0o600, public: 0o644 } as const;

/** Writes a file whole or not at all: a reader, or a start after a kill, finds the old text or the new one. */
export function replaceFile(path: string, text: string, visibility: keyof typeof MODES): void {
  const part = `${path}.part`;
  writeFileSync(part, text, { mode: MODES[visibility] });
  renameSync(part, path);
}

/** The operator gave something unusable: one sentence that names the field and the remedy. The process exits with 2. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly exitCode = 2;
}

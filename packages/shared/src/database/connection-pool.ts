import { createPool, type Pool, type PoolConfig, type PoolConnection } from 'mariadb';

export type DatabasePool = Pool;
export type DatabaseConnection = PoolConnection;

export type DatabasePoolOptions = {
  /** `mysql://user:password@host:port/database` (or `mariadb://`); `?ssl=true` asks for TLS with a verified certificate. */
  url: string;
  connectionLimit?: number;
  /** How long one statement may stay without an answer, in ms. */
  socketTimeoutMs?: number;
  /** How long a caller may wait for a free connection, in ms. */
  acquireTimeoutMs?: number;
};

/** Enough for one batch in flight per partition; a hundred pods stay below a server's usual limit of connections. */
const DEFAULT_CONNECTION_LIMIT = 10;
/** A server that does not greet within 5 s is away: the caller's retry is better than its wait. */
export const CONNECT_TIMEOUT_MS = 5_000;
/** Longer than a connect, so that the reason (refused, no such host) reaches the caller and not just "no connection". */
const DEFAULT_ACQUIRE_TIMEOUT_MS = 8_000;
/** No statement of a service takes seconds; a silent peer (a pulled cable) is given up after this. */
const DEFAULT_SOCKET_TIMEOUT_MS = 30_000;
/** Shorter than the socket's time-out, so that a lock wait ends with error 1205 (retried) and not a lost connection. */
const LOCK_WAIT_TIMEOUT_S = 10;

/**
 * A pool whose sessions all behave the same, whatever the server's settings: READ COMMITTED, strict mode (a value that
 * does not fit is an error, never cut off), UTC for Date values. BIGINT comes as number, out of the safe range as error.
 * Opens no connection before it is used. Throws one sentence when the URL cannot be used.
 */
export function createDatabasePool(options: DatabasePoolOptions): DatabasePool {
  return createPool({
    ...parseDatabaseUrl(options.url),
    connectionLimit: options.connectionLimit ?? DEFAULT_CONNECTION_LIMIT,
    acquireTimeout: options.acquireTimeoutMs ?? DEFAULT_ACQUIRE_TIMEOUT_MS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: options.socketTimeoutMs ?? DEFAULT_SOCKET_TIMEOUT_MS,
    initSql: [
      'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
      `SET SESSION innodb_lock_wait_timeout = ${LOCK_WAIT_TIMEOUT_S}`,
      "SET SESSION sql_mode = 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'",
    ],
    // A reset would take back the settings above.
    resetAfterUse: false,
    timezone: 'Z',
    dateStrings: false,
    bigIntAsNumber: true,
    insertIdAsNumber: true,
    checkNumberRange: true,
    // Prisma binds every value anew: cached server-side statements only grow (see createPrismaClient).
    prepareCacheLength: 0,
  });
}

/** Where to connect, and as whom. Throws one sentence when the URL cannot be used. */
export function parseDatabaseUrl(
  text: string,
): Pick<PoolConfig, 'host' | 'port' | 'user' | 'password' | 'database' | 'ssl'> {
  if (!URL.canParse(text)) {
    throw new Error('The database URL cannot be read: write it as mysql://user:password@host:3306/database.');
  }
  const url = new URL(text);
  if (url.protocol !== 'mysql:' && url.protocol !== 'mariadb:') {
    throw new Error(`The database URL begins with ${url.protocol}//: write it as mysql://user:password@host/database.`);
  }
  const database = decodeURIComponent(url.pathname.slice(1));
  if (database === '') {
    throw new Error('The database URL names no database: add it after the host, as in mysql://host:3306/payguard.');
  }
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? 3306 : Number(url.port),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database,
    ssl: readSsl(url.searchParams),
  };
}

function readSsl(parameters: URLSearchParams): boolean {
  for (const name of parameters.keys()) {
    if (name !== 'ssl') {
      throw new Error(
        `The database URL has the unknown parameter "${name}": only ssl=true and ssl=false are understood.`,
      );
    }
  }
  const ssl = parameters.get('ssl') ?? 'false';
  if (ssl !== 'true' && ssl !== 'false') {
    throw new Error(`The database URL has ssl=${ssl}: write ssl=true or ssl=false.`);
  }
  return ssl === 'true';
}

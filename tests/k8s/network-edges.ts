/** Who may open a connection to whom, as ARCHITECTURE.md draws it for development. Everything else is refused. */

export const SOURCES = [
  ...['callback-gateway', 'points', 'alerter', 'checkout', 'poll', 'probe', 'migrate', 'test'],
  ...['kafka', 'mariadb', 'simulator', 'receivers'],
  // A pod beside payguard's, and one in another namespace.
  ...['stranger', 'foreigner'],
] as const;
export type Source = (typeof SOURCES)[number];

export type Target = { name: string; component: string; port: number; from: readonly Source[] };

export const TARGETS: readonly Target[] = [
  { name: 'callback-gateway', component: 'callback-gateway', port: 8080, from: ['simulator', 'probe', 'test'] },
  { name: 'callback-gateway operations', component: 'callback-gateway', port: 9090, from: [] },
  { name: 'points operations', component: 'points', port: 9090, from: [] },
  { name: 'alerter', component: 'alerter', port: 8080, from: [] },
  { name: 'alerter operations', component: 'alerter', port: 9090, from: [] },
  { name: 'checkout', component: 'checkout', port: 8081, from: ['test'] },
  { name: 'checkout operations', component: 'checkout', port: 9090, from: [] },
  {
    name: 'Kafka',
    component: 'kafka',
    port: 9092,
    from: ['callback-gateway', 'points', 'alerter', 'checkout', 'poll', 'migrate', 'test'],
  },
  {
    name: 'MariaDB',
    component: 'mariadb',
    port: 3306,
    from: ['points', 'alerter', 'checkout', 'poll', 'probe', 'migrate', 'test'],
  },
  { name: 'simulator', component: 'simulator', port: 8900, from: ['checkout', 'poll', 'test'] },
  { name: 'receivers', component: 'receivers', port: 8025, from: ['alerter'] },
  { name: 'receivers smtp', component: 'receivers', port: 1025, from: ['alerter'] },
  { name: 'receivers smtps', component: 'receivers', port: 1465, from: ['alerter'] },
];

export type InternetTarget = { name: string; port: number; from: readonly Source[]; either: readonly Source[] };

/** With the simulator nobody but the alerter has business there; probe and test have none that could be told apart. */
export const INTERNET: readonly InternetTarget[] = [
  { name: 'internet 443', port: 443, from: ['alerter', 'stranger', 'foreigner'], either: ['probe', 'test'] },
  { name: 'internet 465', port: 465, from: ['alerter', 'stranger', 'foreigner'], either: [] },
  { name: 'internet 80', port: 80, from: ['stranger', 'foreigner'], either: [] },
];

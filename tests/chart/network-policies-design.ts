import type { ValuesFile } from './render-chart.ts';

/**
 * Who may open a connection to whom, by ARCHITECTURE.md, in each environment: `who → target:port …`. What stands in no line is
 * refused. All of payguard's pods may ask the DNS besides. `*` is each TCP port.
 */
const SERVERS_OUTSIDE = `
  ingress-controller  callback-gateway:8080
  prometheus          callback-gateway:9090 points:9090 alerter:8080 alerter:9090 checkout:9090
  shop                checkout:8081
  callback-gateway    brokers:9093 collector:4318
  points              brokers:9093 database:3306 collector:4318
  alerter             brokers:9093 database:3306 collector:4318 internet:443 internet:465 internet:587
  checkout            brokers:9093 database:3306 collector:4318 internet:443
  poll                brokers:9093 database:3306 collector:4318 internet:443
  probe               database:3306 internet:443 ingress-controller:*
  migrate             brokers:9093 database:3306
  test                brokers:9093 database:3306 callback-gateway:8080 internet:443
`;

/** The collector is not traced to, since nobody named one; the shop is nobody that the order API knows. */
const ALL_INSIDE = `
  ingress-controller  callback-gateway:8080
  prometheus          callback-gateway:9090 points:9090 alerter:8080 alerter:9090 checkout:9090
  callback-gateway    kafka:9092
  points              kafka:9092 mariadb:3306
  alerter             kafka:9092 mariadb:3306 receivers:1025 receivers:1465 receivers:8025
                      internet:443 internet:465 internet:587
  checkout            kafka:9092 mariadb:3306 simulator:8900
  poll                kafka:9092 mariadb:3306 simulator:8900
  probe               mariadb:3306 callback-gateway:8080
  migrate             kafka:9092 mariadb:3306
  simulator           callback-gateway:8080
  test                kafka:9092 mariadb:3306 callback-gateway:8080 checkout:8081 simulator:8900
`;

export const DRAWN_EDGES: Record<ValuesFile, Record<string, string[]>> = {
  'values-dev.yaml': readTable(ALL_INSIDE),
  'values-staging.yaml': readTable(SERVERS_OUTSIDE),
  'values-prod.yaml': readTable(SERVERS_OUTSIDE),
};

/** A line that begins deeper goes on with the one before. */
function readTable(text: string): Record<string, string[]> {
  const table: Record<string, string[]> = {};
  let who = '';
  for (const line of text.split('\n').filter((line) => line.trim() !== '')) {
    const words = line.trim().split(/ +/);
    if (/^ {2}\S/.test(line)) who = words.shift() ?? '';
    table[who] = [...(table[who] ?? []), ...words];
  }
  return table;
}

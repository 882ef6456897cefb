/**
 * The boundaries of ARCHITECTURE.md: who may touch money, keys, the database and the public network can be read off the
 * folder names, and this file holds it. tests/boundaries breaks each rule and sees it fail.
 */
const GATEWAY_MAY_REACH = 'clock|config|events|http|kafka|rules|telemetry|wechatpay-verify';

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'gateway-reaches-no-database-and-no-api',
      comment: 'The only public part may verify and publish; a hole in it must lead nowhere else.',
      severity: 'error',
      from: { path: '^services/callback-gateway/src' },
      to: { path: `^packages/shared/src/(?!(${GATEWAY_MAY_REACH})/)` },
    },
    {
      name: 'gateway-has-no-database-driver',
      comment: 'Not even by a library of its own.',
      severity: 'error',
      from: { path: '^services/callback-gateway/src' },
      to: { path: 'node_modules/(mariadb|@prisma|prisma|mysql2|undici|axios|superagent|wechatpay-node-v3)/' },
    },
    {
      name: 'what-the-gateway-uses-reaches-no-database',
      comment: 'Otherwise the gateway would reach it through them.',
      severity: 'error',
      from: { path: '^packages/shared/src/(clock|config|events|http|kafka|rules|telemetry|wechatpay-verify)/' },
      to: { path: '^packages/shared/src/(database|wechatpay-api|sync-order|request-budget)/' },
    },
    {
      name: 'only-points-reaches-the-ledger',
      comment: 'Only points writes money and order status.',
      severity: 'error',
      from: { path: '^(services|packages)/', pathNot: '^services/points/' },
      to: { path: '^services/points/src/(ledger|write-orders|apply-round|lock-)' },
    },
    {
      name: 'services-do-not-import-each-other',
      comment: 'They speak through events.',
      severity: 'error',
      from: { path: '^services/([^/]+)/src' },
      to: { path: '^services/(?!$1/)' },
    },
    {
      name: 'shared-imports-no-service',
      severity: 'error',
      from: { path: '^packages/shared/src' },
      to: { path: '^(services|packages/(?!shared))' },
    },
    {
      name: 'simulator-is-a-product-of-its-own',
      comment: 'It stands in for WeChat Pay and must not know who calls.',
      severity: 'error',
      from: { path: '^packages/wechatpay-simulator/src' },
      to: { path: '^(services|packages/(?!wechatpay-simulator))' },
    },
    {
      name: 'alerter-asks-wechatpay-nothing',
      comment: 'It tells people; it holds no merchant key and reaches no money.',
      severity: 'error',
      from: { path: '^services/alerter/src' },
      to: { path: '^packages/shared/src/(wechatpay-api|wechatpay-verify|sync-order|request-budget)/' },
    },
    {
      name: 'receivers-are-a-product-of-their-own',
      comment: 'They stand in for mail servers and chat robots and must not know who calls.',
      severity: 'error',
      from: { path: '^packages/receivers/src' },
      to: { path: '^(services|packages/(?!receivers))' },
    },
    {
      name: 'dashboards-stand-alone',
      comment: 'They are made from names; a panel reads Prometheus and nothing else.',
      severity: 'error',
      from: { path: '^packages/dashboards/src' },
      to: { path: '^(services|packages/(?!dashboards))' },
    },
    {
      name: 'rules-and-events-are-pure',
      comment: 'Decisions read and write nothing.',
      severity: 'error',
      from: {
        path: '^(packages/shared/src/(rules|events)|services/points/src/(decide|fold-order|late-refund|order-state))',
      },
      to: {
        path: '^packages/shared/src/(database|http|kafka|telemetry)/|node_modules/(kafkajs|mariadb|fastify)/|^(fs|net|http|child_process)$',
      },
    },
    {
      name: 'production-code-uses-no-stand-in',
      comment: 'Simulator and local servers are for development and tests.',
      severity: 'error',
      from: { path: '^(services/[^/]+|packages/(shared|cli))/src' },
      to: { path: '^packages/(wechatpay-simulator|local|receivers|dashboards|alert-rules)/|/tests/' },
    },
    {
      name: 'no-circles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'no-unresolved-import', severity: 'error', from: {}, to: { couldNotResolve: true, pathNot: 'generated/' } },
  ],
  options: {
    doNotFollow: { path: 'node_modules|src/database/generated' },
    exclude: { path: ['src/database/generated', '^packages/[^/]+/dist/'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: { conditionNames: ['import', 'node', 'default', 'types'], exportsFields: ['exports'] },
  },
};

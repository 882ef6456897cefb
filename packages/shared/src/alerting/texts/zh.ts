import type { Words } from './words.ts';

/** 中文：默认语言。 */
export const ZH: Words = {
  severities: { critical: '严重', warning: '警告', info: '通知' },
  standings: {
    open: '新发现',
    escalated: '超时未处理',
    repeated: '持续告警',
    autoRepaired: '已自动修复',
    resolved: '已处理',
    dismissed: '已忽略',
    ended: '已恢复',
    digest: '自动修复汇总',
  },
  kinds: {
    paid_not_recorded: {
      name: '微信已支付、系统未入账',
      open: {
        done: '已向微信支付核实这笔付款并重新送往入账服务，但仍未入账；payguard 会继续核对。',
        todo: (order) =>
          `若几分钟内没有收到“已自动修复”，请检查 points 服务、Kafka 与数据库是否正常，然后运行 payguard repair --order ${order} --dry-run 查看结果。`,
      },
      repaired: '回调未到或迟到，payguard 通过主动查询等途径发现了这笔付款并已入账。',
    },
    paid_after_close: {
      name: '订单关闭后收到付款',
      open: {
        done: '已暂停入账，等待人工决定；款项在商户账户中。',
        todo: (order) =>
          `请决定入账或退款：payguard review credit --order ${order} 或 payguard review refund --order ${order}（需填写 --by 与 --reason）。`,
      },
      repaired: '已按商户设定的规则或人工决定处理（入账，或原路退款给付款人）。',
    },
    amount_mismatch: {
      name: '支付金额与订单不符',
      open: {
        done: '没有入账：金额或币种与订单不一致的付款从不入账。',
        todo: () =>
          '请核对订单金额与微信实收金额，查明是下单错误还是被篡改；需要退款时请在微信支付商户平台操作，之后将此差异标记为已处理。',
      },
      repaired: '金额已一致，差异已消除。',
    },
    identity_mismatch: {
      name: '支付的商户号或应用与订单不符',
      open: {
        done: '没有入账：商户号或 appid 与订单不一致的付款从不入账。',
        todo: () =>
          '请核对订单的商户号、appid 与 merchants.yaml 的配置，查明这笔付款属于谁；需要退款时请在微信支付商户平台操作。',
      },
      repaired: '商户号与应用已一致，差异已消除。',
    },
    unknown_order: {
      name: '微信有付款、系统无此订单',
      open: {
        done: '已保存这笔付款的通知；订单一旦出现会自动处理。',
        todo: () =>
          '请查明订单为何不在系统中：补录订单即可自动入账，否则请退款；若该商户号由其他系统共用，请在 merchants.yaml 配置 orderPrefixes。',
      },
      repaired: '订单已出现，这笔付款已自动处理。',
    },
    duplicate_payment: {
      name: '同一订单重复付款',
      open: {
        done: '只入账了第一笔；第二笔付款没有入账。',
        todo: () => '请核实后在微信支付商户平台将多付的一笔退给付款人，再将此差异标记为已处理。',
      },
      repaired: '多付的一笔已处理。',
    },
    missing_at_wechat: {
      name: '系统已入账、微信无此付款',
      open: {
        done: '已查询微信支付并核对前后三天的账单，均没有这笔付款；订单与余额未做改动。',
        todo: () => '请立即查明这笔入账的来源（可能是伪造或手工改库），必要时冻结该用户的积分。',
      },
      repaired: '已在微信支付找到这笔付款，差异已消除。',
    },
    bill_missing: {
      name: '对账单缺失',
      open: {
        done: '会每 30 分钟重新下载，下载到后自动补对。',
        todo: () => '请登录微信支付商户平台确认当日账单是否已生成、API 权限是否正常。',
      },
      repaired: '账单已下载并完成对账。',
    },
    refund_mismatch: {
      name: '退款不一致',
      open: {
        done: '已记录双方状态；没有自动改动积分或再次退款。',
        todo: (order) =>
          `请核对退款状态与用户积分（积分可能不足以扣回）：payguard mismatch list --order ${order}，必要时在微信支付商户平台处理退款。`,
      },
      repaired: '退款状态已一致，差异已消除。',
    },
    ledger_mismatch: {
      name: '订单与积分流水不符',
      open: {
        done: '已暂停该订单的自动入账，流水与余额未做改动。',
        todo: (order) =>
          `请核对积分流水是否已有这笔充值，再决定：payguard review credit --order ${order}（补入账）、refund（退款）或 dismiss（不处理）。`,
      },
      repaired: '订单与积分流水已一致，差异已消除。',
    },
  },
  unknownKind: {
    open: {
      done: '这种差异由更新的版本发现，当前 alerter 没有它的说明。',
      todo: (order) => `请升级 alerter，并运行 payguard mismatch list --order ${order} 查看。`,
    },
    repaired: '差异已消除。',
  },
  unwritable: (id) => `有一条消息无法写出（编号 ${id}），请在数据库中查看。`,
  labels: {
    order: '订单号',
    merchant: '商户号',
    transaction: '微信支付单号',
    refund: '退款单号',
    systemStatus: '系统状态',
    wechatStatus: '微信状态',
    amount: '金额',
    systemAmount: '系统金额',
    wechatAmount: '微信金额',
    detectedAt: '发现时间',
    endedAt: '恢复时间',
    settledAt: '处理时间',
    openFor: '已持续',
    done: '已做处理',
    todo: '还需处理',
    id: '差异编号',
    lookUp: '查看命令',
    alert: '告警',
    description: '说明',
    labels: '标签',
    startsAt: '开始时间',
  },
  colon: '：',
  links: { console: '在控制台查看', runbook: '处理手册', dashboard: '监控看板' },
  statuses: {
    pending: '待支付',
    paid: '已支付',
    failed: '失败',
    cancelled: '已取消',
    refunded: '已退款',
    expired: '已过期',
    unknown: '无此订单',
    SUCCESS: '支付成功',
    REFUND: '转入退款',
    NOTPAY: '未支付',
    CLOSED: '已关闭',
    REVOKED: '已撤销',
    USERPAYING: '支付中',
    PAYERROR: '支付失败',
    NOT_EXIST: '无此单',
  },
  refundStatuses: {
    requested: '已申请、未发出',
    PROCESSING: '退款处理中',
    SUCCESS: '退款成功',
    CLOSED: '退款关闭',
    ABNORMAL: '退款异常',
    NOT_EXIST: '无此退款',
  },
  status: (code, meaning) => `${meaning}（${code}）`,
  tag: (text) => `【${text}】`,
  title: (tag, subject, total) => `${tag}${subject} 共 ${total} 条`,
  andOthers: (subject) => `${subject}等`,
  total: (total) => `共 ${total} 条`,
  more: (hidden) => `另有 ${hidden} 条未列出。`,
  yuan: (amount) => `${amount} 元`,
  beijingTime: (time) => `${time}（北京时间）`,
  duration: (days, hours, minutes) =>
    [days > 0 ? `${days} 天` : '', hours > 0 ? `${hours} 小时` : '', minutes > 0 ? `${minutes} 分钟` : '']
      .filter((part) => part !== '')
      .join(' ') || '不到 1 分钟',
  unknownOrder: '订单号',
  nothingLeft: '无需处理。',
  settledBy: (by, reason) => `由 ${by} 处理${reason === '' ? '' : `，原因：${reason}`}。`,
  test: '测试',
  testNote: '测试消息：由人工发送，用于验证此渠道，无需处理。',
  testText: '此渠道可以收到 payguard 的告警',
  insteadOf: (channel) => `渠道 ${channel} 未能送达，由本渠道代发。`,
};

/** Plain enough to be read at once; follows the reader's light or dark. */
export const STYLE = `
:root { color-scheme: light dark; --line: light-dark(#e3e5e8, #3a3d42); --soft: light-dark(#6b7280, #9ca3af); --card: light-dark(#fff, #1f2226); }
* { box-sizing: border-box; }
body { margin: 0; background: light-dark(#f5f6f7, #141619); font: 15px/1.6 system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; }
header, main { max-width: 60rem; margin: 0 auto; padding: 1rem; }
h1 { margin: 0 0 .5rem; font-size: 1.4rem; } small, [lang=en] { color: var(--soft); font-weight: normal; }
nav { display: flex; flex-wrap: wrap; gap: .5rem; }
nav a { padding: .2rem .8rem; border: 1px solid var(--line); border-radius: 1rem; background: var(--card); color: inherit; text-decoration: none; }
nav a[aria-current] { border-color: #2563eb; color: light-dark(#1d4ed8, #93c5fd); }
nav i { font-style: normal; color: var(--soft); } nav b { color: light-dark(#b91c1c, #fca5a5); }
article { margin: 0 0 1rem; padding: .8rem 1rem; border: 1px solid var(--line); border-left: 4px solid #94a3b8; border-radius: .5rem; background: var(--card); }
article.mail { border-left-color: #7c3aed; } article.dingtalk { border-left-color: #2563eb; } article.wecom { border-left-color: #16a34a; } article.webhook, article.shop { border-left-color: #d97706; }
h2 { margin: 0; font-size: 1.05rem; overflow-wrap: anywhere; } .meta, .empty { margin: 0; color: var(--soft); font-size: .85rem; }
pre { margin: .6rem 0 0; font: inherit; white-space: pre-wrap; overflow-wrap: anywhere; }
`;

/** What is known of each child by name: its pid now, and how often it was started again. */
export type ChildRecord = { pid: number | null; restarts: number };

export type ChildRecords = {
  /** Called once for each process, when it is spawned. */
  spawned(name: string, pid: number): void;
  of(name: string): ChildRecord;
};

export function createChildRecords(onChange: () => void): ChildRecords {
  const records = new Map<string, ChildRecord>();
  return {
    spawned(name, pid) {
      const before = records.get(name);
      records.set(name, { pid, restarts: before === undefined ? 0 : before.restarts + 1 });
      onChange();
    },
    of: (name) => records.get(name) ?? { pid: null, restarts: 0 },
  };
}

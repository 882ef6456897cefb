/** The events of a server-sent stream as they come, comments left out; ends with the stream. */
export async function* readEvents(answer: Response): AsyncGenerator<{ event: string; data: Record<string, unknown> }> {
  if (answer.body === null) throw new Error('the answer has no body');
  let rest = '';
  for await (const text of answer.body.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + text).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const [, event, data] = /^event: (.*)\ndata: (.*)$/.exec(block) ?? [];
      if (event !== undefined && data !== undefined) yield { event, data: JSON.parse(data) };
    }
  }
}

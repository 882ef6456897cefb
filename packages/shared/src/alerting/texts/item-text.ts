/** An item in words, before a format writes it. Every text is one clean line; none holds markup. */
export type ItemText = {
  heading: string;
  facts: readonly Fact[];
  links: readonly Link[];
};

export type Fact = { label: string; value: string };
/** `url` is http or https. */
export type Link = { text: string; url: string };

/** A message in words. */
export type MessageText = {
  title: string;
  /** The count alone, for a receiver with next to no room. */
  total: string;
  /** Above the items: that it is a test, or stands in for another channel. */
  notes: readonly string[];
  items: readonly ItemText[];
  /** What is said of items that find no room. */
  more(hidden: number): string;
  colon: string;
};

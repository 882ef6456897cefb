import type { NotificationPoster } from '../notifications/post-notification.ts';
import type { Keeper } from './keeper.ts';

/** A poster that tells nobody of what would be forgotten if the process ended now. */
export function postWhenSaved(poster: NotificationPoster, keeper: Keeper): NotificationPoster {
  return {
    post: async (url, notification) => {
      try {
        await keeper.saved();
      } catch (error) {
        return { status: undefined, ms: 0, error: error instanceof Error ? error.message : String(error) };
      }
      return poster.post(url, notification);
    },
    close: () => poster.close(),
  };
}

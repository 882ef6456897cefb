/**
 * Nobody listens there. kafkajs goes on dialling it for as long as the process lives, also for a service that has stopped:
 * one address for all tests, so that those which watch who is called can tell.
 */
export const NO_BROKER = '127.0.0.1:1';

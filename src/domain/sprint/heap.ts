/** Binary heaps in plain arrays, so that they survive JSON. `isBefore` must be a strict total order for determinism. */

export function heapPush<T>(heap: T[], item: T, isBefore: (a: T, b: T) => boolean): void {
  let child = heap.push(item) - 1;
  while (child > 0) {
    const parent = (child - 1) >> 1;
    if (!isBefore(item, heap[parent] as T)) break;
    heap[child] = heap[parent] as T;
    child = parent;
  }
  heap[child] = item;
}

/** Removes and answers the first item; undefined when the heap is empty. */
export function heapPop<T>(heap: T[], isBefore: (a: T, b: T) => boolean): T | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (heap.length > 0) sink(heap, last as T, isBefore);
  return first;
}

function sink<T>(heap: T[], item: T, isBefore: (a: T, b: T) => boolean): void {
  let hole = 0;
  for (let child = 1; child < heap.length; child = 2 * hole + 1) {
    if (child + 1 < heap.length && isBefore(heap[child + 1] as T, heap[child] as T)) child += 1;
    if (!isBefore(heap[child] as T, item)) break;
    heap[hole] = heap[child] as T;
    hole = child;
  }
  heap[hole] = item;
}

/** Restores the order after keys of some items have changed; O(n log n). */
export function reheap<T>(heap: T[], isBefore: (a: T, b: T) => boolean): void {
  const items = heap.splice(0);
  for (const item of items) heapPush(heap, item, isBefore);
}

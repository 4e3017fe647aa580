// A component that shows nothing: it keeps one block of bytes where every map on the page can find it.

export default function ({ data, key }) {
  hold(key, data);
  return () => release(key);
}

// Carries a map's questions to Python and the answers back; shows nothing itself.

/** What listens for questions, by the element that holds this component. */
const listening = new WeakMap();

function stop(parentElement) {
  document.removeEventListener("latent-map:probe", listening.get(parentElement));
  listening.delete(parentElement);
}

export default function ({ data, parentElement, setTriggerValue }) {
  const { memory, answer } = data;
  stop(parentElement);
  const ask = ({ detail }) => {
    if (detail.memory === memory) setTriggerValue("place", detail.question);
  };
  listening.set(parentElement, ask);
  document.addEventListener("latent-map:probe", ask);
  if (answer) document.dispatchEvent(new CustomEvent("latent-map:decoded", { detail: { memory, ...answer } }));
  return () => stop(parentElement);
}

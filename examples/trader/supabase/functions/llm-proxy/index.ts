// Scores a trading signal: POST {"signal": {…}, "market": {…}}.

interface Message {
  role: string;
  content: string;
}

interface PromptData {
  prompt: { messages: Message[] };
  options: { model: string; params?: Record<string, unknown> };
}

const braintrust = Deno.env.get("BRAINTRUST_API_URL") ?? "https://api.braintrust.dev";
const openai = Deno.env.get("OPENAI_BASE_URL") ?? "https://api.openai.com/v1";

async function requestJson(url: string, key: string, init: RequestInit = {}) {
  const headers = {
    Authorization: `Bearer ${Deno.env.get(key)}`,
    "Content-Type": "application/json",
  };
  const response = await fetch(url, { ...init, headers, signal: AbortSignal.timeout(60_000) });
  // The body of an error stays unread: Braintrust's carry the caller's e-mail address.
  if (!response.ok) throw new Error(`${new URL(url).host} answered ${response.status}`);
  return await response.json();
}

async function loadPrompt(slug: string): Promise<PromptData> {
  const query = new URLSearchParams({ project_name: "Trader", slug, limit: "1" });
  const { objects } = await requestJson(`${braintrust}/v1/prompt?${query}`, "BRAINTRUST_API_KEY");
  if (objects.length !== 1) throw new Error(`prompt ${slug} is not in the registry`);
  return objects[0].prompt_data;
}

// One pass over each text: a value cannot bring variables of its own.
function render({ prompt, options }: PromptData, values: Record<string, string>) {
  const messages = prompt.messages.map(({ role, content }) => ({
    role,
    content: content.replace(/\{\{\{(\w+)\}\}\}/g, (_, name) => values[name] ?? ""),
  }));
  return { ...options.params, model: options.model, messages };
}

async function analyzeSignal(signal: unknown, market: unknown) {
  const prompt = await loadPrompt("analyze-signal");
  const body = render(prompt, {
    signal: JSON.stringify(signal ?? null),
    market: JSON.stringify(market ?? null),
  });
  const completion = await requestJson(`${openai}/chat/completions`, "OPENAI_API_KEY", {
    method: "POST",
    body: JSON.stringify(body),
  });
  const { finish_reason, message } = completion.choices[0];
  if (finish_reason !== "stop") throw new Error(`the model stopped early: ${finish_reason}`);
  return JSON.parse(message.content);
}

Deno.serve(async (request) => {
  try {
    const { signal, market } = await request.json();
    return Response.json(await analyzeSignal(signal, market));
  } catch (error) {
    console.error(error);
    return Response.json({ error: "the signal could not be scored" }, { status: 502 });
  }
});

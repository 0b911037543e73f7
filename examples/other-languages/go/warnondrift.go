package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"time"
)

// A Bundle is what `promptsync bundle` wrote when this service was built.
type Bundle struct {
	Registry struct {
		Project string `json:"project"`
		Alias   string `json:"alias"`
	} `json:"registry"`
	Prompts []struct {
		Name        string `json:"name"`
		ServedName  string `json:"served_name"`
		ContentHash string `json:"content_hash"`
	} `json:"prompts"`
}

// WarnOnDrift warns when Braintrust serves something else than the bundle. It compares once and
// within two seconds; call it with go.
func WarnOnDrift(file string, warn func(format string, arguments ...any)) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	text, err := os.ReadFile(file)
	if err != nil {
		warn("the prompts were not checked: %v", err)
		return
	}
	var bundle Bundle
	if err := json.Unmarshal(text, &bundle); err != nil {
		warn("the prompts were not checked: %v", err)
		return
	}
	for _, prompt := range bundle.Prompts {
		served, err := servedHash(ctx, &bundle, prompt.ServedName)
		if err != nil {
			warn("the prompts were not checked: %v", err)
			return
		}
		if served != prompt.ContentHash {
			warn("`%s` is not what was deployed: deployed %s, served %s", prompt.Name, prompt.ContentHash, served)
		}
	}
}

func servedHash(ctx context.Context, bundle *Bundle, slug string) (string, error) {
	query := url.Values{"project_name": {bundle.Registry.Project}, "slug": {slug}, "limit": {"1"}}
	if bundle.Registry.Alias != "" {
		query.Set("environment", bundle.Registry.Alias)
	}
	address := os.Getenv("BRAINTRUST_API_URL")
	if address == "" {
		address = "https://api.braintrust.dev"
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/v1/prompt?"+query.Encode(), nil)
	if err != nil {
		return "", err
	}
	request.Header.Set("Authorization", "Bearer "+os.Getenv("BRAINTRUST_API_KEY"))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		// The body stays unread: Braintrust's errors carry the caller's e-mail address.
		return "", fmt.Errorf("Braintrust answered %s", response.Status)
	}
	var found struct {
		Objects []map[string]any `json:"objects"`
	}
	if err := json.NewDecoder(response.Body).Decode(&found); err != nil {
		return "", err
	}
	if len(found.Objects) == 0 {
		return "nothing", nil
	}
	return ContentHash(fromBraintrust(found.Objects[0]), "braintrust")
}

// fromBraintrust names the parts of a prompt as a prompt file does.
func fromBraintrust(found map[string]any) map[string]any {
	data := object(found["prompt_data"])
	block, options := object(data["prompt"]), object(data["options"])
	params := object(options["params"])
	prompt := map[string]any{
		"model":           options["model"],
		"params":          params,
		"response_format": params["response_format"],
		"tools":           readTools(block["tools"]),
		"template":        data["template_format"],
		"braintrust": map[string]any{
			"parser":         data["parser"],
			"tool_functions": data["tool_functions"],
			"mcp":            data["mcp"],
			"preprocessor":   data["preprocessor"],
			"endpoint_name":  options["endpoint_name"],
			"function_type":  found["function_type"],
		},
	}
	delete(params, "response_format")
	if data["template_format"] == "nunjucks" {
		prompt["template"] = "jinja2"
	}
	if block["type"] == "chat" {
		prompt["messages"] = block["messages"]
	} else {
		prompt["text"] = block["content"]
	}
	return prompt
}

func object(value any) map[string]any {
	members, isObject := value.(map[string]any)
	if !isObject {
		return map[string]any{}
	}
	return members
}

// readTools reads the JSON text that Braintrust keeps; what is no list stays the text it is.
func readTools(value any) any {
	text, _ := value.(string)
	var tools []any
	if json.Unmarshal([]byte(text), &tools) != nil {
		return value
	}
	return tools
}

// Package screener turns stock screens in plain words into Go filters.
package screener

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"regexp"
)

// A Message is one message of a chat prompt.
type Message struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

// A Prompt is what Braintrust stores as prompt_data. Parameters stay raw JSON, because the order of
// keys in response_format is the order in which the model writes them.
type Prompt struct {
	Prompt struct {
		Messages []Message `json:"messages"`
	} `json:"prompt"`
	Options struct {
		Model  string                     `json:"model"`
		Params map[string]json.RawMessage `json:"params"`
	} `json:"options"`
}

// LoadPrompt reads the newest version of a prompt.
func LoadPrompt(ctx context.Context, slug string) (*Prompt, error) {
	query := url.Values{"project_name": {"Trader"}, "slug": {slug}, "limit": {"1"}}
	address := baseURL("BRAINTRUST_API_URL", "https://api.braintrust.dev") + "/v1/prompt?" + query.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	var found struct {
		Objects []struct {
			Data Prompt `json:"prompt_data"`
		} `json:"objects"`
	}
	if err := send(request, os.Getenv("BRAINTRUST_API_KEY"), &found); err != nil {
		return nil, fmt.Errorf("loading prompt %q: %w", slug, err)
	}
	if len(found.Objects) != 1 {
		return nil, fmt.Errorf("loading prompt %q: not in the registry", slug)
	}
	return &found.Objects[0].Data, nil
}

var variable = regexp.MustCompile(`\{\{\{(\w+)\}\}\}`)

// Request fills in the variables and returns the body of a chat completion. Each text is filled in
// one pass, so that a value cannot bring variables of its own.
func (p *Prompt) Request(values map[string]string) map[string]any {
	messages := make([]Message, len(p.Prompt.Messages))
	for i, message := range p.Prompt.Messages {
		messages[i] = Message{message.Role, variable.ReplaceAllStringFunc(message.Content, func(found string) string {
			return values[found[3:len(found)-3]]
		})}
	}
	body := map[string]any{"model": p.Options.Model, "messages": messages}
	for name, value := range p.Options.Params {
		body[name] = value
	}
	return body
}

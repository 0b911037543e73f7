package screener

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
)

// A Filter is what the prompt regenerate-filter-go answers. Code is empty if there are questions.
type Filter struct {
	Asks  []string `json:"asks"`
	Code  string   `json:"code"`
	Notes []string `json:"notes"`
}

// RegenerateFilter writes the filter for a screen. The previous code and what the compiler said
// about it are empty the first time. The caller compiles the result and runs it in a sandbox.
func RegenerateFilter(ctx context.Context, screen, previousCode, compilerOutput string) (*Filter, error) {
	prompt, err := LoadPrompt(ctx, "regenerate-filter-go")
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(prompt.Request(map[string]string{
		"screen":          screen,
		"previous_code":   previousCode,
		"compiler_output": compilerOutput,
	}))
	if err != nil {
		return nil, err
	}
	address := baseURL("OPENAI_BASE_URL", "https://api.openai.com/v1") + "/chat/completions"
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	var completion struct {
		Choices []struct {
			FinishReason string  `json:"finish_reason"`
			Message      Message `json:"message"`
		} `json:"choices"`
	}
	if err := send(request, os.Getenv("OPENAI_API_KEY"), &completion); err != nil {
		return nil, fmt.Errorf("asking the model: %w", err)
	}
	if len(completion.Choices) == 0 || completion.Choices[0].FinishReason != "stop" {
		return nil, errors.New("the model did not finish its answer")
	}
	var filter Filter
	if err := json.Unmarshal([]byte(completion.Choices[0].Message.Content), &filter); err != nil {
		return nil, fmt.Errorf("reading the model's answer: %w", err)
	}
	return &filter, nil
}

func baseURL(variable, standard string) string {
	if value := os.Getenv(variable); value != "" {
		return value
	}
	return standard
}

// send leaves the body of an error unread: Braintrust's carry the caller's e-mail address.
func send(request *http.Request, key string, answer any) error {
	request.Header.Set("Authorization", "Bearer "+key)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return errors.New(response.Status)
	}
	return json.NewDecoder(response.Body).Decode(answer)
}

module example.com/promptsync-example

go 1.19

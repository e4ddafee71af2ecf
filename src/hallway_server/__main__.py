from hallway_server.cli import main

main()

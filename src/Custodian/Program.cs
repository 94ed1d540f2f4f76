Console.WriteLine("custodian");
